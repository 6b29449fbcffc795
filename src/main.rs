//! The program: arguments in, the library called, the exit code out.

use std::io::{self, BufWriter, Write};

use knee::exit::Exit;

fn main() -> Exit {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut err = io::stderr();
    let exit = knee::cli::main(std::env::args_os(), &mut out, &mut err);
    match out.flush() {
        // A reader that has seen enough is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
        Err(error) => {
            let _ = writeln!(err, "knee: cannot write to standard output: {error}");
            Exit::Usage
        }
        Ok(()) => exit,
    }
}
