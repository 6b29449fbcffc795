//! The program: arguments in, the library called, the exit code out.

fn main() {}
