/**
 * A trial for load from one machine: no limit on what one network sends and keeps open, and name servers that refuse at once, so that
 * nothing waits for those of the machine.
 */
export const SETTINGS = `
trial = true
hostname = "zegel.test"
listen = ["127.0.0.1"]
cleartextOnLoopback = true
[dns]
servers = ["127.0.0.1:1"]
[smtp]
maxMessagesPerMinute = 1000000000
[imap]
maxConnections = 20000
maxConnectionsPerNetwork = 20000
`
