//! endstate
fn main() {}
