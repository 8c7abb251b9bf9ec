//! Tests of endstate as its users run it: see the files beside.
