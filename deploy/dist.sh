# Sourced by deb.sh and tarball.sh: builds what they pack. With another SOURCE_DATE_EPOCH the C code would be compiled again.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
cargo build --profile dist --locked
