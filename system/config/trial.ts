import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes the settings of a trial. */
export function writeTrial(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, TRIAL, { flag: 'wx', mode: 0o640 })
}

const TRIAL = `# Zegel, a trial on this machine. docs/operating.md explains every setting.
trial = true
hostname = "zegel.test"
listen = ["127.0.0.1", "::1"]

# Sign-in without TLS from this machine. Exists in a trial only.
cleartextOnLoopback = true

[http]
port = 8080

[https]
port = 8443

[smtp]
port = 2525

[submission]
port = 2587
tlsPort = 2465

[imap]
port = 2143
tlsPort = 2993

[pop3]
port = 2110
tlsPort = 2995

[managesieve]
port = 4190

# Anybody may sign up. Without internet, ./zegel queue shows the letter with the code.
[signUp]
isOpen = true
`
