//! Math: TeX → MathML, at build.
