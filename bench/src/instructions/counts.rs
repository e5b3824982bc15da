//! What was counted, as it is kept in a file.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde::{Deserialize, Serialize};

use crate::Error;

/// Instructions of a request of each kind, and what the program was compiled with.
#[derive(Serialize, Deserialize)]
pub struct Counts {
    compiler: String,
    instructions: BTreeMap<String, u64>,
}

/// What two counts may differ by without anybody having to look, in hundredths.
const TOLERANCE: f64 = 3.0;

impl Counts {
    /// None yet.
    pub fn of_this_compiler() -> Result<Self, Error> {
        let output = Command::new("rustc").arg("--version").output()?;
        let compiler = String::from_utf8(output.stdout)?.trim().to_owned();
        Ok(Self { compiler, instructions: BTreeMap::new() })
    }

    pub fn read(file: &Path) -> Result<Self, Error> {
        Ok(serde_json::from_slice(&fs::read(file)?)?)
    }

    pub fn write(&self, file: &Path) -> Result<(), Error> {
        Ok(fs::write(file, serde_json::to_string_pretty(self)? + "\n")?)
    }

    pub fn insert(&mut self, name: &str, instructions: u64) {
        self.instructions.insert(name.to_owned(), instructions);
    }

    /// Prints both, and fails where there are more than there were.
    pub fn compare(&self, kept: &Self) -> Result<(), Error> {
        println!("\n| | kept | now | |\n|---|---|---|---|");
        let (mut grown, mut shrunk) = (Vec::new(), false);
        for (name, now) in &self.instructions {
            let Some(before) = kept.instructions.get(name) else {
                println!("| {name} | – | {now} | new |");
                grown.push(name.as_str());
                continue;
            };
            let change = (*now as f64 / *before as f64 - 1.0) * 100.0;
            let verdict = match change {
                _ if change > TOLERANCE => "**grown**",
                _ if change < -TOLERANCE => "less",
                _ => "",
            };
            println!("| {name} | {before} | {now} | {change:+.1} % {verdict} |");
            shrunk |= change < -TOLERANCE;
            if change > TOLERANCE {
                grown.push(name);
            }
        }
        if self.compiler != kept.compiler {
            println!("\nkept of {}, now it is {}: what differs may be the compiler's", kept.compiler, self.compiler);
        }
        if !grown.is_empty() {
            let grown = grown.join(", ");
            return Err(format!(
                "more than {TOLERANCE} % over what is kept: {grown}. If it has to be so, write the file anew"
            )
            .into());
        }
        if shrunk {
            println!("\nless than what is kept: write the file anew, so that it stays");
        }
        Ok(())
    }
}
