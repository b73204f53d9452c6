//! Arguments held against a kernel's parameters: buffers are allocated, everything becomes the bytes that a launch takes.

use std::path::Path;

use rustg_ptx::TypeClass;

use super::element::Class;
use super::{Argument, Element, Initialiser, LaunchError, Offset, Parameter, Signature, Value, npy};

/// A buffer of a launch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Buffer {
    /// The argument's name; its place from 0 if it has none.
    pub name: String,
    /// Its elements' type.
    pub element: Element,
    /// Its dimensions, outermost first.
    pub shape: Vec<u64>,
    /// Where it lies on the device.
    pub address: u64,
    /// Its size.
    pub size_bytes: u64,
}

/// Arguments, ready for a launch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bound {
    /// The bytes of each parameter, in the kernel's order.
    pub values: Vec<Vec<u8>>,
    /// The buffers, in the arguments' order.
    pub buffers: Vec<Buffer>,
}

/// Who makes buffers: gets a name, a size in bytes and what it holds (`None`: nothing was written), gives the device address.
pub type Allocate<'a> = dyn FnMut(&str, u64, Option<&[u8]>) -> Result<u64, LaunchError> + 'a;

/// Assigns `arguments` to the parameters of `signature` (by the parameter's name or number where the argument's name is one, the others in
/// order), makes their buffers with `allocate`, and gives the parameters' bytes. File names start at `folder`; buffers may take `memory_bytes` in all.
///
/// # Errors
/// Where arguments are missing or too many, one does not fit its parameter, a file is not as it should be, or memory does not suffice.
pub fn bind(
    signature: &Signature,
    arguments: &[Argument],
    folder: &Path,
    memory_bytes: u64,
    allocate: &mut Allocate<'_>,
) -> Result<Bound, LaunchError> {
    let assigned = assign(signature, arguments)?;
    let mut binder = Binder { arguments, folder, memory_bytes, allocate, buffers: Vec::new(), starts: Vec::new() };
    for place in 0..arguments.len() {
        binder.starts.push(binder.buffers.len());
        let argument = &arguments[place];
        binder
            .allocate_all(&argument.value, place)
            .map_err(|error| error.of(format_args!("argument '{}'", argument.text)))?;
    }
    let mut values = Vec::new();
    for (parameter, place) in signature.parameters.iter().zip(assigned) {
        let argument = &arguments[place];
        let value = binder.value_of(argument, place, parameter);
        values.push(value.map_err(|error| error.of(format_args!("argument '{}'", argument.text)))?);
    }
    Ok(Bound { values, buffers: binder.buffers })
}

/// For each parameter the place of its argument.
fn assign(signature: &Signature, arguments: &[Argument]) -> Result<Vec<usize>, LaunchError> {
    let parameters = &signature.parameters;
    let mut assigned: Vec<Option<usize>> = vec![None; parameters.len()];
    let mut unnamed = Vec::new();
    for (place, argument) in arguments.iter().enumerate() {
        if let Some(name) = &argument.name
            && let Some(earlier) = arguments[..place].iter().find(|earlier| earlier.name.as_ref() == Some(name))
        {
            let (first, second) = (&earlier.text, &argument.text);
            return Err(LaunchError::new(format_args!("two arguments are named {name}: '{first}' and '{second}'")));
        }
        let by_name = argument.name.as_ref().and_then(|name| {
            let by_number = || name.parse::<usize>().ok().filter(|index| *index < parameters.len());
            parameters.iter().position(|parameter| parameter.name == *name).or_else(by_number)
        });
        match by_name {
            None => unnamed.push(place),
            Some(index) if assigned[index].is_none() => assigned[index] = Some(place),
            Some(index) => {
                return Err(LaunchError::new(format_args!(
                    "parameter {index} is given twice; the second is '{}'",
                    argument.text
                )));
            }
        }
    }
    let mut rest = unnamed.into_iter();
    for slot in assigned.iter_mut().filter(|slot| slot.is_none()) {
        *slot = rest.next();
    }
    if let Some(extra) = rest.next() {
        let count = parameters.len();
        return Err(LaunchError::new(format_args!(
            "argument '{}' is one too many: {} takes {count}",
            arguments[extra].text, signature.kernel
        )));
    }
    let missing: Vec<String> = (assigned.iter().enumerate())
        .filter(|(_, place)| place.is_none())
        .map(|(index, _)| format!("p{index} ({})", parameters[index].type_text()))
        .collect();
    if missing.is_empty() {
        Ok(assigned.into_iter().flatten().collect())
    } else {
        Err(LaunchError::new(format_args!(
            "{} takes {} arguments; missing: {}",
            signature.kernel,
            parameters.len(),
            missing.join(", ")
        )))
    }
}

struct Binder<'a, 'b> {
    arguments: &'a [Argument],
    folder: &'a Path,
    memory_bytes: u64,
    allocate: &'a mut Allocate<'b>,
    buffers: Vec<Buffer>,
    /// For each argument the index of its first buffer.
    starts: Vec<usize>,
}

impl Binder<'_, '_> {
    /// Makes the buffers of a value, those inside a struct too, in the order in which [`Self::write`] meets them.
    fn allocate_all(&mut self, value: &Value, place: usize) -> Result<(), LaunchError> {
        match value {
            Value::Fields(fields) => fields.iter().try_for_each(|field| self.allocate_all(field, place)),
            Value::Buffer { element, shape, initialiser } => self.make(*element, shape.clone(), initialiser, place),
            Value::File(path) => {
                let path = self.folder.join(path);
                let fail =
                    |error: &dyn std::fmt::Display| LaunchError::new(format_args!("{}: {error}", path.display()));
                let size = std::fs::metadata(&path).map_err(|error| fail(&error))?.len();
                self.reserve(size)?;
                let bytes = std::fs::read(&path).map_err(|error| fail(&error))?;
                let array = npy::parse(&bytes).map_err(|error| fail(&error))?;
                let (element, parts) = array.element().ok_or_else(|| {
                    fail(&format_args!(
                        "holds raw bytes ({}); say what they are: bf16[N]:{}",
                        array.kind,
                        path.display()
                    ))
                })?;
                let mut shape = array.shape.clone();
                shape.extend((parts > 1).then_some(parts as u64));
                let count = shape.iter().product::<u64>() as usize;
                let data = array.bytes_of(element, count).map_err(|error| fail(&error))?;
                self.place(element, shape, Some(&data), place)
            }
            _ => Ok(()),
        }
    }

    fn make(
        &mut self,
        element: Element,
        shape: Vec<u64>,
        initialiser: &Initialiser,
        place: usize,
    ) -> Result<(), LaunchError> {
        // The shape's product was checked when it was read, and no element is larger than 8 bytes.
        let count = shape.iter().product::<u64>();
        self.reserve(count * element.size_bytes() as u64)?;
        let count =
            usize::try_from(count).map_err(|_| LaunchError::new("has more elements than this machine can address"))?;
        let bytes = initialiser.bytes(element, count, place as u64, self.folder)?;
        self.place(element, shape, bytes.as_deref(), place)
    }

    /// Refuses what would not fit before it takes memory of the host.
    fn reserve(&self, size_bytes: u64) -> Result<(), LaunchError> {
        let taken: u64 = self.buffers.iter().map(|buffer| buffer.size_bytes).sum();
        if taken.saturating_add(size_bytes) <= self.memory_bytes {
            return Ok(());
        }
        let limit = self.memory_bytes;
        Err(LaunchError::new(format_args!(
            "{size_bytes} bytes on top of {taken} exceed the device's memory of {limit}; --memory raises it"
        )))
    }

    fn place(
        &mut self,
        element: Element,
        shape: Vec<u64>,
        bytes: Option<&[u8]>,
        place: usize,
    ) -> Result<(), LaunchError> {
        let size_bytes = shape.iter().product::<u64>() * element.size_bytes() as u64;
        let own = self.arguments[place].name.clone().unwrap_or_else(|| place.to_string());
        let inside = self.buffers.len() - self.starts[place];
        let name = if inside == 0 { own } else { format!("{own}.{inside}") };
        let address = (self.allocate)(&name, size_bytes, bytes)?;
        self.buffers.push(Buffer { name, element, shape, address, size_bytes });
        Ok(())
    }

    /// The bytes of a parameter.
    fn value_of(&self, argument: &Argument, place: usize, parameter: &Parameter) -> Result<Vec<u8>, LaunchError> {
        if let Value::Scalar { element, literal } = &argument.value {
            let element = element.or_else(|| parameter.element(literal));
            let element = element.ok_or_else(|| misfit(parameter, "a number; pass a struct as {…} or bytes:HEX"))?;
            check_class(element, parameter)?;
            let bytes = element.parse(literal)?.to_le_bytes()[..element.size_bytes()].to_vec();
            return fitting(bytes, parameter);
        }
        let mut bytes = Vec::new();
        let mut next_buffer = self.starts[place];
        self.write(&argument.value, &mut next_buffer, &mut bytes)?;
        let is_pointer = !matches!(argument.value, Value::Fields(_) | Value::Bytes(_));
        if is_pointer && (parameter.is_array && parameter.size_bytes != 8 || parameter.kind.is_float()) {
            return Err(misfit(parameter, "a pointer"));
        }
        fitting(bytes, parameter)
    }

    /// Appends a value; fields are aligned to their size, as C aligns them.
    fn write(&self, value: &Value, next_buffer: &mut usize, bytes: &mut Vec<u8>) -> Result<usize, LaunchError> {
        let (word, size) = match value {
            Value::Buffer { .. } | Value::File(_) => {
                let address = self.buffers[*next_buffer].address;
                *next_buffer += 1;
                (address, 8)
            }
            Value::Null => (0, 8),
            Value::Pointer { to, offset } => (self.pointer(to, *offset)?, 8),
            Value::Scalar { element: Some(element), literal } => (element.parse(literal)?, element.size_bytes()),
            Value::Scalar { element: None, literal } => {
                return Err(LaunchError::new(format_args!("a field needs a type: u32:{literal} or f32:{literal}")));
            }
            Value::Bytes(own) => {
                bytes.extend(own);
                return Ok(1);
            }
            Value::Fields(fields) => {
                let mut own = Vec::new();
                let mut align = 1;
                for field in fields {
                    align = align.max(self.write(field, next_buffer, &mut own)?);
                }
                own.resize(own.len().next_multiple_of(align), 0);
                bytes.resize(bytes.len().next_multiple_of(align), 0);
                bytes.extend(own);
                return Ok(align);
            }
        };
        bytes.resize(bytes.len().next_multiple_of(size), 0);
        bytes.extend(&word.to_le_bytes()[..size]);
        Ok(size)
    }

    fn pointer(&self, to: &str, offset: Offset) -> Result<u64, LaunchError> {
        let by_place = || to.parse::<usize>().ok().filter(|place| *place < self.arguments.len());
        let place = self.arguments.iter().position(|argument| argument.name.as_deref() == Some(to)).or_else(by_place);
        let place = place.ok_or_else(|| LaunchError::new(format_args!("there is no argument '{to}' to point to")))?;
        let buffer = self.buffers[..]
            .get(self.starts[place])
            .filter(|_| matches!(self.arguments[place].value, Value::Buffer { .. } | Value::File(_)));
        let buffer = buffer.ok_or_else(|| {
            LaunchError::new(format_args!("'{}' is no buffer to point into", self.arguments[place].text))
        })?;
        let offset_bytes = match offset {
            Offset::Bytes(bytes) => Some(bytes),
            Offset::Elements(index) => index.checked_mul(buffer.element.size_bytes() as u64),
        };
        // One past the end is a pointer that C allows too.
        offset_bytes
            .filter(|bytes| *bytes <= buffer.size_bytes)
            .map(|bytes| buffer.address + bytes)
            .ok_or_else(|| LaunchError::new(format_args!("points beyond the {} bytes of '{to}'", buffer.size_bytes)))
    }
}

fn misfit(parameter: &Parameter, what: &str) -> LaunchError {
    LaunchError::new(format_args!("{} is {} and cannot take {what}", parameter.name, parameter.type_text()))
}

fn check_class(element: Element, parameter: &Parameter) -> Result<(), LaunchError> {
    let kind = parameter.kind;
    let wrong = match kind.class() {
        TypeClass::Float => element.class() != Class::Float,
        TypeClass::Unsigned | TypeClass::Signed => element.class() == Class::Float,
        _ => false,
    };
    if !wrong || parameter.is_array {
        return Ok(());
    }
    let fitting = kind.text();
    Err(misfit(parameter, &format!("{}; write {fitting}:VALUE or only the value (0x… for its bits)", element.name())))
}

fn fitting(bytes: Vec<u8>, parameter: &Parameter) -> Result<Vec<u8>, LaunchError> {
    if bytes.len() as u64 == parameter.size_bytes {
        return Ok(bytes);
    }
    let (name, wanted, have) = (&parameter.name, parameter.size_bytes, bytes.len());
    Err(LaunchError::new(format_args!("{name} takes {wanted} bytes, not {have}")))
}

#[cfg(test)]
mod tests {
    use rustg_ptx::Type;

    use super::*;
    use crate::launch::Pointee;

    fn parameter(name: &str, kind: Type, array_bytes: Option<u64>) -> Parameter {
        let size_bytes = array_bytes.unwrap_or(u64::from(kind.size_bytes()));
        let pointee = (kind == Type::U64).then(Pointee::default);
        Parameter { name: name.into(), kind, is_array: array_bytes.is_some(), size_bytes, offset_bytes: 0, pointee }
    }

    /// `kernel(u32 n, f32 a, u64 x, u64 y)`, or whatever is given.
    fn bound(parameters: Vec<Parameter>, arguments: &[&str]) -> Result<Bound, String> {
        let signature = Signature {
            kernel: "kernel".into(),
            parameters,
            size_bytes: 0,
            required_block: None,
            threads_max: None,
            required_cluster: None,
            dynamic_shared: false,
            panic_record: false,
        };
        let arguments: Vec<Argument> = arguments.iter().map(|text| Argument::parse(text).unwrap()).collect();
        let mut next = 0x1000;
        let mut allocate = |_: &str, size: u64, bytes: Option<&[u8]>| {
            assert!(bytes.is_none_or(|bytes| bytes.len() as u64 == size));
            next += 0x1000;
            Ok(next)
        };
        bind(&signature, &arguments, Path::new("."), 1 << 20, &mut allocate).map_err(|error| error.0)
    }

    fn saxpy() -> Vec<Parameter> {
        vec![
            parameter("n", Type::U32, None),
            parameter("a", Type::F32, None),
            parameter("x", Type::U64, None),
            parameter("y", Type::U64, None),
        ]
    }

    #[test]
    fn arguments_find_their_parameters_by_name_number_and_order() {
        let want = bound(saxpy(), &["7", "2.5", "f32[2]", "@2[1]"]).unwrap();
        assert_eq!(want.values[0], 7_u32.to_le_bytes());
        assert_eq!(want.values[1], 2.5_f32.to_le_bytes());
        assert_eq!(want.values[2], 0x2000_u64.to_le_bytes());
        assert_eq!(want.values[3], 0x2004_u64.to_le_bytes());
        for same in [
            &["x=f32[2]", "n=7", "a=2.5", "y=@x[1]"][..],
            &["2=f32[2]", "3=@2[1]", "u32:7", "f32:2.5"],
            &["count=s32:7", "factor=2.5", "input=f32[2]", "output=@input+4"],
        ] {
            assert_eq!(bound(saxpy(), same).unwrap().values, want.values, "{same:?}");
        }
    }

    #[test]
    fn structs_are_laid_out_as_c_does() {
        let parameters = || vec![parameter("s", Type::B8, Some(24))];
        let found = bound(parameters(), &["s={f32:1,u8:2,f64:3,f32[4]:iota}"]).unwrap();
        let mut want = vec![0; 24];
        want[..4].copy_from_slice(&1_f32.to_le_bytes());
        want[4] = 2;
        want[8..16].copy_from_slice(&3_f64.to_le_bytes());
        want[16..24].copy_from_slice(&0x2000_u64.to_le_bytes());
        assert_eq!(found.values[0], want);
        assert_eq!(found.buffers[0].name, "s");
        let nested = bound(parameters(), &["s={u8:1,{u8:2,u64:3},u8:4}"]).unwrap_err();
        assert!(nested.contains("s takes 24 bytes, not 32"), "{nested}");
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (arguments, said) in [
            (&["1", "2"][..], "kernel takes 4 arguments; missing: p2 (pointer), p3 (pointer)"),
            (&["1", "2", "null", "null", "5"], "argument '5' is one too many: kernel takes 4"),
            (&["n=u64:1", "2", "null", "null"], "argument 'n=u64:1': n takes 4 bytes, not 8"),
            (&["1", "a=u32:2", "null", "null"], "argument 'a=u32:2': a is f32 and cannot take u32; write f32:VALUE"),
            (&["1", "2", "@z", "null"], "there is no argument 'z' to point to"),
            (&["1", "2", "x=f32[2]", "@x[3]"], "argument '@x[3]': points beyond the 8 bytes of 'x'"),
            (&["1", "2", "x=f32[2]", "@1"], "'2' is no buffer to point into"),
            (&["1", "2", "x=f64[1000000]", "null"], "exceed the device's memory of 1048576; --memory raises it"),
            (&["n=1", "n=2", "null", "null"], "two arguments are named n"),
            (&["0=1", "n=2", "null", "null"], "parameter 0 is given twice"),
            (&["f32[2]", "2", "null", "null"], "n takes 4 bytes, not 8"),
            (&["1", "null", "null", "null"], "a is f32 and cannot take a pointer"),
            (&["-5000000000", "2", "null", "null"], "-5000000000 is beyond the range of s32"),
        ] {
            let error = bound(saxpy(), arguments).unwrap_err();
            assert!(error.contains(said), "{arguments:?}: {error}");
        }
    }
}
