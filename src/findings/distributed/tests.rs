//! What the parts of a distributed run give together.
