@Decorator({ a: 1 }) export abstract class Store<T extends keyof U = string, U = {}> implements Iface {
  private readonly map: Map<string, Array<T | null>> = new Map(); declare x?: number; constructor(public a: string, protected b = 1) { super(); }
  get size(): number { return this.map.size as unknown as number; }
}
type Fn = (a: number, b?: string) => a is string; interface I { readonly [key: string]: unknown; new (x: number): I; m<T>(): void }
enum Color { Red = 'r', Green = 1 << 2 } declare module 'x' { export function f(this: Window): asserts x is string }
const x = <T,>(y: T): y is T => y!; let z = y satisfies Record<string, typeof import('a')>; namespace N { export const q = `${a as string}`; }
type Cond<T> = T extends (infer R)[] ? { [K in keyof T]-?: R } : `tpl-${string}`; // end
