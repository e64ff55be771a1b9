/** Where something stands in the text of a script. Both from 1; columns count UTF-16 units. */
export interface Place {
  line: number
  column: number
}

/** What is wrong with a script, and where. One sentence for people; of the script it quotes a word at most. */
export class SieveError extends Error {
  override name = 'SieveError'
  readonly place: Place
  constructor(message: string, place: Place) {
    super(message)
    this.place = place
  }
}

/** A script that was parsed and checked: every command is known and required, its arguments are of the right types. */
export interface Script {
  /** Without `require`; and without what never runs, for `ihave` found an extension missing (RFC 5463 §4). */
  commands: Command[]
  /**
   * What the script requires, what that brings with it (`vacation-seconds` brings `vacation`), and what the script found with `ihave`:
   * that test is true when all of its names are here.
   */
  requires: ReadonlySet<string>
}

/** Where a list of strings may stand it is a list, also when one string was written. */
export type Argument = number | string | string[]

/**
 * Tagged arguments by their name, without colon and in lower case; `true` where a tag has no value. Of alternatives one stands
 * under the name of their group, and where none was written, the one that holds then:
 *
 * - `match`: is, contains, matches, regex, value, count, list; `relation` for value and count: gt, ge, lt, le, eq, ne
 * - `comparator`: i;ascii-casemap, i;octet, i;ascii-numeric
 * - `addressPart`, of address and envelope: all, localpart, domain, user, detail
 * - `location`, of include: personal, global
 *
 * The test body has one of the tags `raw`, `content` (a list) and `text`.
 */
export type Tags = Readonly<Record<string, Argument | true | undefined>>

/** An action or a control. Names are in lower case. */
export interface Command {
  name: string
  place: Place
  tags: Tags
  /** As written: where one may be left out (setflag and its like, specialuse_exists; deleteheader the last), there is one less. */
  args: Argument[]
  block: Command[]
  /** Of `if` and `elsif` the one test, that stands under `test` as well. */
  tests: Test[]
  test?: Test
}

/** A test; `true`, `not`, `anyof` … are tests by name. */
export interface Test {
  name: string
  place: Place
  tags: Tags
  args: Argument[]
  tests: Test[]
}

/** What a script may have. What has more is an error in its text. */
export interface Bounds {
  /** Of the script, in UTF-8. */
  bytes: number
  /** Blocks and tests within one another, together. RFC 5228 §2.10.7 wants 15 of each. */
  nesting: number
  /** Commands and tests together. */
  commands: number
  strings: number
  /** Of one string, in UTF-8. */
  stringBytes: number
}

export const bounds: Bounds = {
  bytes: 1024 * 1024,
  nesting: 32,
  commands: 10_000,
  strings: 50_000,
  stringBytes: 256 * 1024,
}
