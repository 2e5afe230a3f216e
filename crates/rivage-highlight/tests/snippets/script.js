// comment @todo
import def, { a as b } from './x.js'; export default class A extends B { #p = 1; static async *gen() { yield* super.x?.(); } get y() { return this.#p ?? 0x1f; } }
const re = /[a-z\]/]+(?<n>x)\/$/giu, t = `a ${b + `nested ${c}`} \n`, o = { key: 1, 'quoted': 2, [computed]: 3, method() {}, async: async (x) => await x, };
/** @param {string} x docs */
function f(a = 1, ...rest) { if (a <= b && !c || typeof d === "str\"ing") { label: for (const [k, v] of Object.entries(o)) continue label; } return new Map([[1, 2e10]]); }
const el = <Foo.Bar {...props} a="b" on={() => x}>text {value} &amp; <></></Foo.Bar>;
A.prototype.go = function () { try { throw new Error(`x`) } catch { debugger } finally { delete o.key; void 0 } };
