import type { z } from 'zod'
import type { StaffRole } from '#policy'
import type { Storage } from '#storage'
import type { Config, Log } from '#system'

/** Somebody of the staff who is signed in, whose agreement is current. */
export interface Staff {
  id: number
  roles: readonly StaffRole[]
}

/** What an act works with: it runs in the app's part, never at the desk. */
export interface Desk {
  storage: Storage
  config: Config
  log: Log
  staff: Staff
}

/** Something that the staff can do or be shown, by their recorded request. What it gives is all that the desk learns. */
export interface Act<Given = never, Told = unknown> {
  /** Such as `ticket.answer`. */
  name: string
  /** Who may: whoever has one of these roles. */
  roles: readonly StaffRole[]
  /** The form of what is asked: bounded, for it comes from outside. Bytes are base64url. */
  given: z.ZodType<Given>
  /** @returns JSON. @throws Refusal */
  run(desk: Desk, given: Given): Promise<Told>
}

/** Lets the form decide what `run` is given. */
export const act = <Given, Told>(defined: Act<Given, Told>): Act<Given, Told> => defined

/** One of a list of them: what is given to it is what its form has read. */
// oxlint-disable-next-line typescript/no-explicit-any -- the form and `run` of one act fit each other, which a list cannot say
export type AnyAct = Act<any>
