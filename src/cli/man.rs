//! `knee man`: the manual page, with a part per command.

use std::io::Write;

/// Runs the command.
pub(crate) fn run(out: &mut dyn Write) -> anyhow::Result<()> {
    let mut command = crate::cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(out)?;
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        let name = format!("knee-{}", sub.get_name());
        clap_mangen::Man::new(sub.clone()).title(name).render(out)?;
    }
    Ok(())
}
