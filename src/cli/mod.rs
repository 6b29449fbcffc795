//! Arguments, dispatch, one file per command.
