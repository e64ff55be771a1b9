/**
 * By what somebody came in who is signed in. A connection that stays open ends when its door closes (closed.ts); whoever
 * cannot be told asks whether it is still open (open.ts).
 */
export type Door =
  /** The main password, by when it was set: the next one is another door. */
  | { by: 'password'; setAt: Date }
  | { by: 'appPassword'; id: number }
  /** A cookie or a bearer token. */
  | { by: 'session'; id: string }

/** One word for a door of an account. */
export function doorKey(door: Door): string {
  return `${door.by}/${door.by === 'password' ? door.setAt.getTime() : door.id}`
}
