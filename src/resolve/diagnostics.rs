//! The wording of what is wrong with how pages fit together.
