//! A database server as a child process, under an unprivileged user where the test is root.

use std::{
    fs::File,
    io::Write as _,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// A running server with its own folder and port on 127.0.0.1; killed when dropped.
pub struct Server {
    pub home: Home,
    pub port: u16,
    /// What the next start finds in its environment: faults to be injected.
    pub environment: Vec<(&'static str, String)>,
    child: Child,
    /// The children that it had when it was killed.
    orphans: Vec<u32>,
    /// Starts it again on the same folder and port.
    command: Box<dyn Fn(&Home) -> Command + Send + Sync>,
}

impl Server {
    pub fn start(
        home: Home,
        port: u16,
        command: impl Fn(&Home) -> Command + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let child = spawn(command(&home), &[], &home)?;
        let (command, environment, orphans) = (Box::new(command), Vec::new(), Vec::new());
        let mut server = Self { home, port, environment, child, orphans, command };
        server.wait()?;
        Ok(server)
    }

    /// SIGKILL, as by the kernel's out-of-memory killer.
    pub fn kill(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.orphans.extend(children_of(self.child.id()));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again. The killed server's own children may hold its folder for a moment; one of
    /// PostgreSQL's that waits for a lock does not see that its parent is gone, and is killed as well.
    pub fn restart(&mut self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            self.kill();
            if started.elapsed() > Duration::from_secs(5) {
                self.orphans.drain(..).filter(|pid| is_of_postgres(*pid)).for_each(kill);
            }
            self.child = spawn((self.command)(&self.home), &self.environment, &self.home)?;
            match self.wait() {
                Ok(()) => {
                    self.orphans.clear();
                    return Ok(());
                }
                Err(_) if started.elapsed() < Duration::from_secs(30) => {
                    thread::sleep(Duration::from_millis(100));
                }
                result => return result,
            }
        }
    }

    /// What it has written about itself, over all its starts.
    pub fn log(&self) -> String {
        std::fs::read(self.home.log()).map_or_else(
            |error| error.to_string(),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    /// Waits until the port takes connections.
    fn wait(&mut self) -> Result<(), String> {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let gone = self.child.try_wait().map_err(|error| error.to_string())?;
            if gone.is_some() || started.elapsed() > Duration::from_secs(60) {
                return Err(format!("the server did not start ({gone:?}): {}", self.log()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// By Linux's own account of its processes; elsewhere none.
fn children_of(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // Behind the name, which may have spaces in it: the state, and the parent.
            let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            rest.split_whitespace().nth(1) == Some(&parent.to_string())
        })
        .collect()
}

/// Whether the number is still that of a child of PostgreSQL, and of no other process by now.
fn is_of_postgres(pid: u32) -> bool {
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(b"postgres: "))
}

fn kill(pid: u32) {
    let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
}

/// A server's folder, and the user it runs as.
pub struct Home {
    pub folder: PathBuf,
    user: &'static str,
    /// Holds the mount namespace in which the data is on a disk of its own.
    disk: Option<Child>,
}

impl Home {
    pub fn new(kind: &str, user: &'static str) -> Result<Self, String> {
        let home = Self { folder: super::folder(kind), user, disk: None };
        std::fs::create_dir(home.disk_folder()).map_err(|error| error.to_string())?;
        if is_root() {
            done(Command::new("chown").args(["-R", user]).arg(&home.folder))?;
        }
        Ok(home)
    }

    /// With its data on a disk of so many MiB, mounted for the server alone, and gone with the
    /// process that holds it.
    pub fn on_small_disk(kind: &str, user: &'static str, size: u32) -> Result<Self, String> {
        let mut home = Self::new(kind, user)?;
        let mount = format!(
            "mount -t tmpfs -o size={size}m,mode=777 tmpfs '{}' && echo mounted && exec sleep inf",
            home.disk_folder().display()
        );
        let mut command = lasting("unshare");
        command.args(["--mount", "sh", "-c", &mount]).stdout(Stdio::piped());
        let mut holder = from_a_thread_that_stays(command)?;
        let mut said = String::new();
        if let Some(stdout) = holder.stdout.take() {
            let _ = std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut said);
        }
        home.disk = Some(holder);
        if said == "mounted\n" {
            Ok(home)
        } else {
            Err("no disk can be mounted here (unshare --mount was refused)".into())
        }
    }

    /// The program in this folder, as the user, ending with this process.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = lasting("nsenter");
        if let Some(disk) = &self.disk {
            command.arg(format!("--mount=/proc/{}/ns/mnt", disk.id())).arg("setpriv");
        } else {
            command = lasting("setpriv");
        }
        if is_root() {
            let user = self.user;
            command.args([&format!("--reuid={user}"), &format!("--regid={user}")]);
            // A change of user makes the kernel forget it.
            command.args(["--clear-groups", "--pdeathsig", "KILL"]);
        } else {
            command.args(["--pdeathsig", "KILL"]);
        }
        command.arg("--").arg(program).current_dir("/");
        command
    }

    /// Takes all the room there is on the disk.
    pub fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    /// Gives it back.
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// As it is seen from outside the namespace.
    fn filler(&self) -> PathBuf {
        let holder = self.disk.as_ref().expect("a home on a disk of its own").id();
        PathBuf::from(format!("/proc/{holder}/root{}/filler", self.disk_folder().display()))
    }

    fn disk_folder(&self) -> PathBuf {
        self.folder.join("disk")
    }

    /// Where the server keeps its data.
    pub fn data(&self) -> PathBuf {
        self.disk_folder().join("data")
    }

    /// Beside the disk.
    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(disk) = &mut self.disk {
            let _ = disk.kill();
            let _ = disk.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(
    mut command: Command,
    environment: &[(&'static str, String)],
    home: &Home,
) -> Result<Child, String> {
    let log = File::options().create(true).append(true).open(home.log());
    let log = log.map_err(|error| error.to_string())?;
    let again = log.try_clone().map_err(|error| error.to_string())?;
    command.stdin(Stdio::null()).stdout(log).stderr(again);
    // What a test preloads into itself is not for its server.
    command.env_remove("LD_PRELOAD");
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    from_a_thread_that_stays(command)
}

/// A command that is killed when the thread that started it ends.
fn lasting(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    command
}

/// Starts the command. Threads of tests and runtimes end before the process does, and with them what
/// they have started; this one does not.
fn from_a_thread_that_stays(command: Command) -> Result<Child, String> {
    type Order = (Command, mpsc::Sender<Result<Child, String>>);
    static STARTER: std::sync::LazyLock<mpsc::Sender<Order>> = std::sync::LazyLock::new(|| {
        let (sender, orders) = mpsc::channel::<Order>();
        thread::spawn(move || {
            for (mut command, answer) in orders {
                let child = command.spawn().map_err(|error| format!("{command:?}: {error}"));
                let _ = answer.send(child);
            }
        });
        sender
    });
    let (sender, answer) = mpsc::channel();
    STARTER.send((command, sender)).expect("the starter's thread is alive");
    answer.recv().expect("the starter's thread is alive")
}

/// Runs a command to its end.
pub fn done(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).env_remove("LD_PRELOAD").output();
    let output = output.map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&said)))
}

/// Makes one in a hundred writes and syncs of files fail with EIO, in the process that has this in
/// its environment.
pub fn failing_disk() -> Result<Vec<(&'static str, String)>, String> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/eio.c");
    let library = super::folder("eio").join("eio.so");
    done(Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source))?;
    Ok(vec![("LD_PRELOAD", library.display().to_string())])
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The first of these that exists, also under each folder of `PATH`.
pub fn find(name: &str, places: &[PathBuf]) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).map(|folder| folder.join(name));
    let mut all = places.iter().map(|folder| folder.join(name)).chain(in_path);
    all.find(|it| it.exists()).ok_or_else(|| format!("there is no {name} on this machine"))
}
