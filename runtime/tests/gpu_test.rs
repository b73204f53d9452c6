//! `#[gpu_test]`: a device for each test, and what fails a test.

use rustg::gpu_test;
use rustg::{Device, testing};

#[gpu_test]
fn a_test_is_given_a_device(device: &Device) {
    assert_eq!(device.upload(&[1_u8, 2]).unwrap().download().unwrap(), [1, 2]);
}

#[gpu_test]
fn a_test_may_return_a_result(device: &Device) -> rustg::Result<()> {
    device.synchronize()
}

#[gpu_test]
#[should_panic(expected = "given for 2")]
fn an_error_that_is_returned_fails_the_test(device: &Device) -> rustg::Result<()> {
    device.zeros::<u8>(2)?.upload(&[1])
}

#[test]
fn tests_that_run_beside_one_another_have_devices_of_their_own() {
    testing::run("tests::first", |first: &Device| {
        testing::run("tests::second", |second: &Device| {
            let (buffer, other) = (first.zeros::<u8>(1).unwrap(), second.zeros::<u8>(1).unwrap());
            let mut copy = second.zeros::<u8>(1).unwrap();
            assert!(copy.copy_from(&other).is_ok());
            // On a GPU there is one for all.
            assert_eq!(copy.copy_from(&buffer).is_ok(), !first.is_simulator());
        });
    });
}
