#!/usr/bin/env python
"""Doc string."""
from __future__ import annotations; import os.path as p
@decorator(x=1)
async def f(a: int, *args, b: list[str] = None, **kw) -> dict[str, int]:
    r'''raw \d''' ; x = f"v {a!r:>{width}} {{x}} {b['k']}" + b'\x00' + u"é" + rf"{a}\d"
    with open(p.join("a", 'b')) as fh, lock: yield from (i ** 2 for i in range(0x1F, 10_000, -1) if not i % 2 and i is not None)
    try: lambda q, /, r=1.5e3j: q @ r
    except (ValueError, E) as e: raise X from e
    finally: return {**kw, 'a': [1, 2][::-1]} if a else {1, 2}
class C(Base, metaclass=M): __slots__ = (); x: int = 0; match = 1; print(self.x, __name__, NotImplemented) # end
