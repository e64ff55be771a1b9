import type { ParseArgsOptionsConfig } from 'node:util'
import type { Config, Log } from '#system'
import type { Storage } from '#storage'
import type { EVERYBODY, Field } from '#trust/access'

/** Exit codes, as in sysexits.h where it has one that fits. */
export const EXIT = {
  ok: 0,
  /** Declined: the thing exists already, is not known, is not valid. */
  refused: 1,
  usage: 64,
  unavailable: 69,
  fault: 70,
  config: 78,
} as const

/** The server as the command line needs it; `serve.ts` at the root composes it and `main.ts` hands it in. */
export interface Program {
  parts: readonly string[]
  serve(config: Config, log: Log, options: { parts: readonly string[] }): Promise<RunningProgram>
  /** The part `desk` by itself, without a key and without the database of the app. */
  serveDesk(config: Config, log: Log): Promise<Omit<RunningProgram, 'storage'>>
}

export interface RunningProgram {
  addresses: Record<
    | 'http'
    | 'https'
    | 'smtp'
    | 'submission'
    | 'submissions'
    | 'imap'
    | 'imaps'
    | 'pop3'
    | 'pop3s'
    | 'managesieve'
    | 'desk',
    { host: string; port: number }[]
  >
  storage: Storage
  close(): Promise<void>
}

/** What a command is given. */
export interface Invocation {
  positionals: string[]
  options: Record<string, string | boolean | string[] | undefined>
  log: Log
  program: Program
  /** Text for people, or with --json the value itself. */
  print(value: unknown, asText: () => string): void
  /** Writes down, for the people concerned and for good, that their data is looked at now; asked before anything is printed. */
  noteLook(storage: Storage, about: readonly number[] | typeof EVERYBODY): Promise<void>
  /** The database, of the running server or started for the moment. */
  withStorage<T>(work: (storage: Storage, config: Config) => Promise<T>): Promise<T>
}

export interface Command {
  /** `account create` */
  name: string
  /** `ADDRESS --password-stdin` */
  usage: string
  /** One sentence. */
  summary: string
  /** How many positional arguments it takes. */
  arguments: [least: number, most: number]
  options: ParseArgsOptionsConfig
  /** What of people's data it shows: it then asks for a purpose and a reference. */
  looksAt?: readonly Field[]
  run(invocation: Invocation): Promise<number>
}
