/** The kinds of data we keep a copy of. Their state strings tell whether the copy is current (RFC 8620 §5.1). */
export type Kind = 'Mailbox' | 'Thread' | 'Email'

const states = new Map<Kind, string>()
let whenBehind: (kind: Kind) => void = () => {}

export function stateOf(kind: Kind): string | undefined {
  return states.get(kind)
}

/** Records that the copy of `kind` stands at `state`: after applying changes, or our own write to the state before. */
export function setState(kind: Kind, state: string): void {
  states.set(kind, state)
}

/** Forgets where the copies stand; the next answer of the server begins anew. */
export function forgetStates(): void {
  states.clear()
}

/**
 * Compares a state heard from the server with ours. Only the first one is taken over: to take a later one would skip
 * the changes to the other objects between the two.
 */
export function heardState(kind: Kind, state: string): void {
  const ours = states.get(kind)
  if (ours === undefined) states.set(kind, state)
  else if (ours !== state) whenBehind(kind)
}

/** Sets what happens when the server turns out to be ahead of the copy. */
export function onBehind(act: (kind: Kind) => void): void {
  whenBehind = act
}
