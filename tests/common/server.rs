//! A database server as a child process, under an unprivileged user where the test is root.

use std::{
    fs::File,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A running server with its own folder and port on 127.0.0.1; killed when dropped.
pub struct Server {
    pub folder: PathBuf,
    pub port: u16,
    pub child: Child,
    /// Starts it again on the same folder and port.
    command: Box<dyn Fn() -> Command + Send + Sync>,
}

impl Server {
    pub fn start(
        folder: PathBuf,
        port: u16,
        command: impl Fn() -> Command + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let child = spawn(&command, &folder)?;
        let mut server = Self { folder, port, child, command: Box::new(command) };
        server.wait()?;
        Ok(server)
    }

    /// SIGKILL, as by the kernel's out-of-memory killer.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again. The killed server's own children may hold its folder for a moment.
    pub fn restart(&mut self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            self.kill();
            self.child = spawn(&self.command, &self.folder)?;
            match self.wait() {
                Err(_) if started.elapsed() < Duration::from_secs(30) => {
                    thread::sleep(Duration::from_millis(100));
                }
                result => return result,
            }
        }
    }

    /// Waits until the port takes connections.
    fn wait(&mut self) -> Result<(), String> {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let gone = self.child.try_wait().map_err(|error| error.to_string())?;
            if gone.is_some() || started.elapsed() > Duration::from_secs(60) {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(format!("the server did not start ({gone:?}): {log}"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(command: &impl Fn() -> Command, folder: &Path) -> Result<Child, String> {
    let log = File::options().create(true).append(true).open(folder.join("log"));
    let log = log.map_err(|error| error.to_string())?;
    let again = log.try_clone().map_err(|error| error.to_string())?;
    let mut command = command();
    command.stdin(Stdio::null()).stdout(log).stderr(again);
    command.spawn().map_err(|error| format!("{command:?}: {error}"))
}

/// A server for the whole test binary, its port: started by a thread that stays, since the server
/// dies with it.
pub fn for_ever(
    start: impl FnOnce() -> Result<Server, String> + Send + 'static,
) -> Result<u16, String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let server = start();
        let _ = sender.send(server.as_ref().map(|it| it.port).map_err(Clone::clone));
        loop {
            thread::park();
        }
    });
    receiver.recv().expect("the server's thread is alive")
}

/// The command as `user`, ending with this thread; as oneself where one is not root.
pub fn as_user(user: &str, program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups"])
        .args(["--pdeathsig", "KILL", "--"])
        .arg(program)
        .current_dir("/");
    command
}

/// Gives the folder to the user that the server runs as.
pub fn give(folder: &Path, user: &str) -> Result<(), String> {
    if !is_root() {
        return Ok(());
    }
    let status = Command::new("chown").arg("-R").arg(user).arg(folder).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("chown {user}: {other:?}")),
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The first of these that exists, also under each folder of `PATH`.
pub fn find(name: &str, places: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).map(|folder| folder.join(name));
    places.iter().map(|folder| folder.join(name)).chain(in_path).find(|it| it.exists())
}
