//! `knee.toml` merged with flags into the option structs of the rooms that read them.
