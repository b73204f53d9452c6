//! Cells: how one value of a row becomes one entry of an Arrow column, and back.
//!
//! This module owns the mapping of the model's types to column types. It knows no tables and no files.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray, UInt8Array, UInt32Array, UInt64Array};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use rustg_base::StringId;

use crate::{FrameId, FrameKind, GpuId, MemoryKind, NONE, ProcessId, StackId, ThreadId, TransferKind};

/// A value of a row, stored as one cell of a column.
pub trait Cell: Sized {
    /// What the column holds.
    type Stored: Stored;

    /// The value as the column holds it.
    fn stored(self) -> Self::Stored;
}

/// A column's element type.
pub trait Stored: Sized {
    /// The column's Arrow type.
    const TYPE: DataType;
    /// Whether cells may be empty.
    const NULLABLE: bool = false;

    /// The column as an Arrow array; `column` is left empty.
    fn array(column: &mut Vec<Self>) -> ArrayRef;

    /// Appends `rows` cells of an encoded column. What does not fit is refused with a sentence.
    fn read(column: &mut EncodedColumn<'_>, rows: usize, into: &mut Vec<Self>) -> Result<(), String>;
}

/// One column of a record batch, not yet decoded: its buffers in the order of the Arrow format.
pub trait ReadBuffers {
    /// Unpacks the next buffer into `into`, which it must fill exactly.
    fn fill(&mut self, into: &mut [u8]) -> Result<(), String>;
    /// Unpacks the next buffer, whose length only the file knows; refuses more than `most` bytes.
    fn take(&mut self, most: usize) -> Result<Vec<u8>, String>;
}

/// The buffers of one column.
pub type EncodedColumn<'a> = dyn ReadBuffers + 'a;

/// A `u32` for which [`NONE`] means that there is no value; null in the column.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrNull(pub u32);

macro_rules! number {
    ($type:ty, $array:ident, $arrow:ident) => {
        impl Stored for $type {
            const TYPE: DataType = DataType::$arrow;

            fn array(column: &mut Vec<Self>) -> ArrayRef {
                Arc::new($array::from(std::mem::take(column)))
            }

            fn read(column: &mut EncodedColumn<'_>, rows: usize, into: &mut Vec<Self>) -> Result<(), String> {
                skip_validity(column, rows)?;
                let old = into.len();
                into.resize(old + rows, Default::default());
                column.fill(bytemuck::cast_slice_mut(&mut into[old..])).inspect_err(|_| into.truncate(old))
            }
        }

        impl Cell for $type {
            type Stored = $type;
            fn stored(self) -> $type {
                self
            }
        }
    };
}

number!(u8, UInt8Array, UInt8);
number!(u32, UInt32Array, UInt32);
number!(u64, UInt64Array, UInt64);
number!(i64, Int64Array, Int64);
number!(f64, Float64Array, Float64);

impl Stored for OrNull {
    const TYPE: DataType = DataType::UInt32;
    const NULLABLE: bool = true;

    fn array(column: &mut Vec<Self>) -> ArrayRef {
        let valid = column.iter().any(|cell| cell.0 == NONE).then(|| column.iter().map(|cell| cell.0 != NONE));
        let nulls = valid.map(|valid| valid.collect::<NullBuffer>());
        let values: Vec<u32> = std::mem::take(column).into_iter().map(|cell| cell.0).collect();
        Arc::new(UInt32Array::new(values.into(), nulls))
    }

    fn read(column: &mut EncodedColumn<'_>, rows: usize, into: &mut Vec<Self>) -> Result<(), String> {
        let valid = column.take(rows.div_ceil(8).next_multiple_of(64))?;
        let mut values = vec![0u32; rows];
        column.fill(bytemuck::cast_slice_mut(&mut values))?;
        if valid.is_empty() {
            into.extend(values.into_iter().map(OrNull));
        } else if valid.len() < rows.div_ceil(8) {
            return Err("a validity buffer is too short".into());
        } else {
            let is_valid = |row: usize| valid[row / 8] >> (row % 8) & 1 == 1;
            into.extend(
                values.into_iter().enumerate().map(|(row, value)| OrNull(if is_valid(row) { value } else { NONE })),
            );
        }
        Ok(())
    }
}

impl Stored for String {
    const TYPE: DataType = DataType::Utf8;

    fn array(column: &mut Vec<Self>) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(std::mem::take(column)))
    }

    fn read(column: &mut EncodedColumn<'_>, rows: usize, into: &mut Vec<Self>) -> Result<(), String> {
        skip_validity(column, rows)?;
        let mut offsets = vec![0i32; rows + 1];
        column.fill(bytemuck::cast_slice_mut(&mut offsets))?;
        let most =
            usize::try_from(*offsets.last().expect("rows + 1 offsets")).map_err(|_| "a text offset is negative")?;
        let bytes = column.take(most.next_multiple_of(64))?;
        for range in offsets.windows(2) {
            let range = usize::try_from(range[0]).ok().zip(usize::try_from(range[1]).ok());
            let text = range.and_then(|(start, end)| bytes.get(start..end)).ok_or("text offsets are out of order")?;
            into.push(String::from_utf8_lossy(text).into_owned());
        }
        Ok(())
    }
}

impl Cell for String {
    type Stored = String;
    fn stored(self) -> String {
        self
    }
}

/// A column that is never null may still carry a validity buffer (all ones); it is not looked at.
fn skip_validity(column: &mut EncodedColumn<'_>, rows: usize) -> Result<(), String> {
    column.take(rows.div_ceil(8).next_multiple_of(64)).map(drop)
}

macro_rules! id_cell {
    ($($id:ident),*) => {$(
        impl Cell for $id {
            type Stored = u32;
            fn stored(self) -> u32 {
                self.0
            }
        }

        impl Cell for Option<$id> {
            type Stored = OrNull;
            fn stored(self) -> OrNull {
                OrNull(self.map_or(NONE, |id| id.0))
            }
        }
    )*};
}

id_cell!(ProcessId, ThreadId, GpuId, StringId, FrameId, StackId);

impl Cell for Option<u32> {
    type Stored = OrNull;
    fn stored(self) -> OrNull {
        OrNull(self.unwrap_or(NONE))
    }
}

macro_rules! enum_cell {
    ($($kind:ident),*) => {$(
        impl Cell for $kind {
            type Stored = u8;
            fn stored(self) -> u8 {
                self as u8
            }
        }
    )*};
}

enum_cell!(TransferKind, MemoryKind, FrameKind);
