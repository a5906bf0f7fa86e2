//! The two loops over bytes: masking and UTF-8, beside a memcpy of the same bytes.

use std::hint::black_box;

use benches::workload::{binary, multilingual};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::mask::{Mask, MaskKey};
use websocket_proto::utf8::Utf8Validator;

const SIZES: [(usize, &str); 5] =
    [(16, "16B"), (125, "125B"), (1024, "1KiB"), (16 << 10, "16KiB"), (1 << 20, "1MiB")];
const KEY: MaskKey = MaskKey([0x37, 0xfa, 0x21, 0x3d]);

fn mask(criterion: &mut Criterion) {
    for (size, name) in SIZES {
        let mut group = criterion.benchmark_group(format!("mask/{name}"));
        group.throughput(Throughput::Bytes(size as u64));
        let payload = binary(size);
        let mut bytes = payload.clone();
        group.bench_function("memcpy", |b| {
            b.iter(|| black_box(&mut bytes).copy_from_slice(black_box(&payload)));
        });
        group.bench_function("copy", |b| {
            b.iter(|| assert_eq!(Mask::new(KEY).copy(&payload, black_box(&mut bytes)), size));
        });
        bytes.copy_from_slice(&payload);
        group.bench_function("apply", |b| {
            b.iter(|| {
                // Twice is none.
                Mask::new(black_box(KEY)).apply(black_box(&mut bytes));
                Mask::new(black_box(KEY)).apply(black_box(&mut bytes));
            });
        });
        assert_eq!(bytes, payload);
        group.finish();
    }
}

fn utf8(criterion: &mut Criterion) {
    for (size, name) in SIZES {
        let mut group = criterion.benchmark_group(format!("utf8/{name}"));
        group.throughput(Throughput::Bytes(size as u64));
        for (text, kind) in [(vec![b'a'; size], "ascii"), (multilingual(size), "multilingual")] {
            group.bench_function(kind, |b| {
                b.iter(|| {
                    let mut utf8 = Utf8Validator::new();
                    assert!(utf8.feed(black_box(&text)).is_ok());
                    assert!(utf8.finish().is_ok());
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, mask, utf8);
criterion_main!(benches);
