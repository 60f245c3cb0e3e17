// SPDX-License-Identifier: Apache-2.0

//! A guest agent in one static binary: no C library of the system's is asked for anything, and none can be put in between.
//!
//! `agent online`: brings every block online that is not. `agent probe ADDRESS...`: announces memory.
//! `agent listen COUNT`: brings online what is added, until it were COUNT blocks.

use std::env;
use std::fs;
use std::io;
use std::mem;
use std::os::raw::{c_int, c_void};
use std::process::exit;

const MEMORY: &str = "/sys/devices/system/memory";

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let result = match words.first().map(String::as_str) {
        Some("online") => online(),
        Some("probe") => probe(&words[1..]),
        Some("listen") => listen(words[1].parse().expect("a number")),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "online, probe or listen")),
    };
    if let Err(error) = result {
        eprintln!("{}", error);
        exit(1);
    }
}

fn block_size() -> io::Result<u64> {
    let text = fs::read_to_string(format!("{}/block_size_bytes", MEMORY))?;
    u64::from_str_radix(text.trim(), 16).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, text))
}

/// Tries every block, says what came of it, and goes on after an error.
fn online() -> io::Result<()> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(MEMORY)? {
        let entry = entry?;
        let name = entry.file_name().into_string().expect("a name in ASCII");
        if let Some(Ok(number)) = name.strip_prefix("memory").map(str::parse::<u64>) {
            assert!(entry.file_type()?.is_dir() && entry.metadata()?.is_dir());
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    println!("{} blocks of {} bytes", numbers.len(), block_size()?);
    for number in numbers {
        let path = format!("{}/memory{}/online", MEMORY, number);
        if fs::read_to_string(&path)?.trim() == "0" {
            match fs::write(&path, "1") {
                Ok(()) => println!("memory{} {}", number, fs::read_to_string(&path)?.trim()),
                Err(error) => println!("memory{} {:?}", number, error.raw_os_error()),
            }
        }
    }
    Ok(())
}

fn probe(addresses: &[String]) -> io::Result<()> {
    for address in addresses {
        let address: u64 = address.parse().expect("a number");
        match fs::write(format!("{}/probe", MEMORY), format!("0x{:X}", address)) {
            Ok(()) => println!("added {:#x}", address),
            Err(error) => println!("refused {:#x} {:?}", address, error.raw_os_error()),
        }
    }
    Ok(())
}

#[repr(C)]
struct NetlinkAddress {
    family: u16,
    padding: u16,
    port: u32,
    groups: u32,
}

extern "C" {
    fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn bind(socket: c_int, address: *const NetlinkAddress, length: u32) -> c_int;
    fn recv(socket: c_int, buffer: *mut c_void, length: usize, flags: c_int) -> isize;
}

const AF_NETLINK: c_int = 16;
const SOCK_DGRAM: c_int = 2;
const NETLINK_KOBJECT_UEVENT: c_int = 15;

fn listen(count: usize) -> io::Result<()> {
    let descriptor = unsafe { socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT) };
    let address = NetlinkAddress { family: AF_NETLINK as u16, padding: 0, port: 0, groups: 1 };
    let length = mem::size_of::<NetlinkAddress>() as u32;
    if descriptor < 0 || unsafe { bind(descriptor, &address, length) } != 0 {
        return Err(io::Error::last_os_error());
    }
    println!("listening");
    let mut buffer = [0u8; 8192];
    let mut done = 0;
    while done < count {
        let received = unsafe { recv(descriptor, buffer.as_mut_ptr() as *mut c_void, buffer.len(), 0) };
        if received < 0 {
            return Err(io::Error::last_os_error());
        }
        let text = String::from_utf8_lossy(&buffer[..received as usize]).into_owned();
        let value = |name: &str| text.split('\0').find_map(|word| word.strip_prefix(name).map(str::to_string));
        let path = value("DEVPATH=").unwrap_or_default();
        let is_memory = value("SUBSYSTEM=").as_deref() == Some("memory");
        if !is_memory || value("ACTION=").as_deref() != Some("add") {
            continue;
        }
        fs::write(format!("/sys{}/online", path), "1")?;
        println!("{} {}", path, fs::read_to_string(format!("/sys{}/state", path))?.trim());
        done += 1;
    }
    Ok(())
}
