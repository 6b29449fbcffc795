//! Tests of the reader beside it.

use super::*;
