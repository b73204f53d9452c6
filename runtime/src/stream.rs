//! Streams, events, and launches that are awaited.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::backend::{EventId, StreamId};
use crate::device::Device;
use crate::error::Result;
use crate::image::{Arguments, KernelImage};
use crate::launch::Launch;
use crate::record::Records;

/// What a kernel can be launched on: a device (its default stream) or a stream.
pub trait LaunchOn {
    /// The device.
    fn device(&self) -> &Device;
    /// Which stream; 0 is the device's own.
    #[doc(hidden)]
    fn stream_id(&self) -> u64;
    /// Launches a compiled kernel: what `KERNEL::launch` comes down to.
    ///
    /// # Errors
    /// [`crate::Error::Launch`] where it cannot be; what goes wrong while it runs is told by the next synchronisation.
    #[doc(hidden)]
    fn launch_image(&self, image: &'static KernelImage, launch: Launch, arguments: Arguments) -> Result<()>;
    /// Waits for what was launched here.
    ///
    /// # Errors
    /// The first panic or fault of a kernel since the last synchronisation.
    #[doc(hidden)]
    fn synchronize_work(&self) -> Result<()>;
}

/// A row of work that runs in order, beside other streams.
pub struct Stream {
    shared: Arc<StreamState>,
}

struct StreamState {
    device: Device,
    id: StreamId,
    pending: Records,
}

impl Drop for StreamState {
    fn drop(&mut self) {
        // Records of what still runs must not be handed out again.
        let _ = self.pending.synchronize(&self.device.shared, self.id);
        self.device.shared.backend.destroy_stream(self.id);
    }
}

impl Stream {
    pub(crate) fn create(device: &Device) -> Result<Stream> {
        let id = device.shared.backend.create_stream()?;
        Ok(Stream { shared: Arc::new(StreamState { device: device.clone(), id, pending: Records::default() }) })
    }

    /// Waits for everything on this stream.
    ///
    /// # Errors
    /// The first panic or fault of a kernel on it since the last synchronisation.
    pub fn synchronize(&self) -> Result<()> {
        self.shared.pending.synchronize(&self.shared.device.shared, self.shared.id)
    }

    /// An event that is done when everything so far on this stream is.
    ///
    /// # Errors
    /// [`crate::Error::Driver`]
    pub fn record(&self) -> Result<Event> {
        Event::record(self)
    }

    /// Lets what comes on this stream wait for an event of another.
    ///
    /// # Errors
    /// [`crate::Error::Driver`]
    pub fn wait(&self, event: &Event) -> Result<()> {
        self.shared.device.shared.backend.wait_event(self.shared.id, event.id)
    }
}

impl LaunchOn for Stream {
    fn device(&self) -> &Device {
        &self.shared.device
    }

    fn stream_id(&self) -> u64 {
        self.shared.id
    }

    fn launch_image(&self, image: &'static KernelImage, launch: Launch, arguments: Arguments) -> Result<()> {
        self.shared.pending.launch(&self.shared.device.shared, self.shared.id, image, launch, arguments)
    }

    fn synchronize_work(&self) -> Result<()> {
        self.synchronize()
    }
}

/// A moment in a stream.
pub struct Event {
    device: Device,
    id: EventId,
}

impl Drop for Event {
    fn drop(&mut self) {
        self.device.shared.backend.destroy_event(self.id);
    }
}

impl Event {
    /// An event that is done when everything so far on a stream, or on a device's default stream, is.
    ///
    /// # Errors
    /// [`crate::Error::Driver`]
    pub fn record(on: &impl LaunchOn) -> Result<Event> {
        let id = on.device().shared.backend.record_event(on.stream_id())?;
        Ok(Event { device: on.device().clone(), id })
    }

    /// Whether it is done.
    ///
    /// # Errors
    /// [`crate::Error::Driver`]
    pub fn is_done(&self) -> Result<bool> {
        self.device.shared.backend.event_is_done(self.id)
    }

    /// Waits for it.
    ///
    /// # Errors
    /// [`crate::Error::Driver`]
    pub fn synchronize(&self) -> Result<()> {
        self.device.shared.backend.synchronize_event(self.id)
    }

    /// The time from an earlier event to this one; waits for both.
    ///
    /// # Errors
    /// [`crate::Error::Driver`]
    pub fn elapsed_since(&self, earlier: &Event) -> Result<Duration> {
        earlier.synchronize()?;
        self.synchronize()?;
        Ok(Duration::from_nanos(self.device.shared.backend.elapsed_ns(earlier.id, self.id)?))
    }
}

/// A launch that is awaited: it runs from the moment it was made, and yields what a synchronisation would say.
#[must_use = "what went wrong is only told where it is awaited"]
pub struct LaunchFuture<'a> {
    event: Result<Arc<Event>>,
    /// Whom the thread wakes that waits in the driver; none before the first poll that was too early.
    waiting: Option<Arc<Mutex<Waker>>>,
    finish: Box<dyn Fn() -> Result<()> + Send + 'a>,
}

impl<'a> LaunchFuture<'a> {
    #[doc(hidden)]
    pub fn new<O: LaunchOn + Sync>(on: &'a O, launched: Result<()>) -> LaunchFuture<'a> {
        let event = launched.and_then(|()| Event::record(on)).map(Arc::new);
        LaunchFuture { event, waiting: None, finish: Box::new(|| on.synchronize_work()) }
    }
}

impl Future for LaunchFuture<'_> {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        // Before it is asked whether the launch has ended: a thread that wakes from now on wakes this waker.
        if let Some(waker) = &self.waiting {
            waker.lock().unwrap_or_else(PoisonError::into_inner).clone_from(context.waker());
        }
        let done = match &self.event {
            Ok(event) => event.is_done(),
            Err(error) => Err(error.clone()),
        };
        match done {
            Ok(true) => Poll::Ready((self.finish)()),
            Ok(false) => {
                if let (Ok(event), None) = (&self.event, &self.waiting) {
                    // A thread waits in the driver, and wakes whoever awaits. The event is also the thread's: the future may go before.
                    let (event, waker) = (event.clone(), Arc::new(Mutex::new(context.waker().clone())));
                    self.waiting = Some(waker.clone());
                    std::thread::spawn(move || {
                        let _ = event.synchronize();
                        let waker = waker.lock().unwrap_or_else(PoisonError::into_inner).clone();
                        waker.wake();
                    });
                }
                Poll::Pending
            }
            // The stream's own answer says more than the event's.
            Err(error) => Poll::Ready((self.finish)().and(Err(error))),
        }
    }
}
