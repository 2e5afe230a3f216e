//! A module; `code` and "quotes".
#[derive(Debug, Clone)] // attributes
pub struct Point<'a, T: Copy + 'a> {
    x: &'a T,
    y: [u8; 4],
}
impl<'a, T> From<(T, T)> for Point<'a, T>
where
    T: Into<f64>,
{
    /// Says `hello`.
    fn from((x, _y): (T, T)) -> Self {
        let raw = r##"raw "quoted"# text"##;
        let byte = b'\x41';
        let text = "esc \u{1F600} \n {} {name:>5}";
        match x {
            0..=9 | 0x1F_u32 => println!("{:?} {raw}", text),
            _ if 'a' != '\'' => unreachable!(),
        }
        /* nested /* comment */ here */
        async move {
            loop {
                break 'outer 1.5e-3;
            }
        }
    }
}
macro_rules! many { ($($name:ident),* $(,)?) => { $(let $name = 1;)* }; }
