/** Hands the terminal, the signals and the exit code over to another program, as far as Node can. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Whoever signals this process means the program. With a terminal, SIGINT (Ctrl-C) and SIGHUP (the window closes) go to
 * the whole process group, the program included, so they are not sent a second time. npm forwards what it gets too, so
 * a signal that comes again within this time is the same one.
 */
const sameSignalMs = 500
const sentByTerminal = process.stdin.isTTY ? new Set(['SIGINT', 'SIGHUP']) : new Set()

/** Runs `file` in place of this process, which then ends with its exit code or by its signal. */
export function handOver(file, args) {
  const program = spawn(file, args, { stdio: 'inherit' })
  const forwardedAt = new Map()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = performance.now()
      if (sentByTerminal.has(signal) || now - (forwardedAt.get(signal) ?? -Infinity) < sameSignalMs) return
      forwardedAt.set(signal, now)
      program.kill(signal)
    })
  }
  program.on('error', (error) => {
    process.stderr.write(`Could not start ${file}: ${error.message}\n`)
    process.exit(1)
  })
  program.on('exit', (code, signal) => {
    if (!signal) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    // Only reached for a signal that does not end this process.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 1000)
  })
}
