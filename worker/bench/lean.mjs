// A module without what hashes passwords, to see how much of it that is: node lean.mjs IN OUT
//
// In: a module with names. Out: the same, argon2 and BLAKE2 without bodies, so that wasm-opt removes what nothing else calls. It is weighed and never run.
import { readFileSync, writeFileSync } from 'node:fs'
import binaryen from '../node_modules/binaryen/index.js'

const HASHING = /\b(argon2|blake2)\b/

const [from, to] = process.argv.slice(2)
const module = binaryen.readBinary(readFileSync(from))
let emptied = 0
for (let index = 0; index < module.getNumFunctions(); index++) {
  const found = module.getFunctionByIndex(index)
  const { name, module: imported } = binaryen.getFunctionInfo(found)
  if (imported || !HASHING.test(name)) continue
  binaryen.Function.setBody(found, module.unreachable())
  emptied++
}
if (emptied === 0) throw new Error(`no function of ${from} hashes passwords: are there names?`)
writeFileSync(to, module.emitBinary())
