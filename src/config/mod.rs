//! Keys and addresses, parsed once into types.
