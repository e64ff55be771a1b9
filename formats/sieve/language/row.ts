import type { Argument } from '../script.ts'

/** Tags that were read, as they are going to stand in `Tags`. */
export type ReadTags = Record<string, Argument | true | undefined>

/** What an argument is. */
export interface Kind {
  type: 'string' | 'strings' | 'number'
  /** For sentences: "a mailbox", "header names". */
  what: string
  /** It may not be made of variables. */
  isConstant?: true
  /** It names a variable, perhaps with its namespace. */
  isVariable?: true
  /** Asked of each constant string, and of numbers as they were read. @returns what is wrong, as a sentence that quotes nothing */
  check?(value: string, tags: Readonly<ReadTags>): string | undefined
}

export interface TagRow {
  /** The extension it comes with. */
  needs?: string
  value?: Kind
  /** Of the tags of one group only one may stand. */
  group?: string
  /** It stands in `Tags` under the name of its group; what its value says, under `valueAs`. */
  isChoice?: true
  valueAs?: string
  /** A tag without which it means nothing. */
  with?: string
}

/** One command or test: which arguments it takes. */
export interface Row {
  /** The extensions it comes with, all of them. */
  needs?: readonly string[]
  tags?: Readonly<Record<string, TagRow>>
  /** What holds for tags that were not written. */
  defaults?: Readonly<Record<string, string | true>>
  /** By group, the tag that stands for it when none of them was written. */
  otherwise?: Readonly<Record<string, string>>
  /** Positional arguments in their order. */
  args?: readonly Kind[]
  /** One that may be left out, after all others. */
  trailing?: Kind
  /** One that may be left out, before all others. */
  optional?: Kind & { needs?: string }
  tests?: 'one' | 'list'
  hasBlock?: true
  /** The commands after which alone it may come. */
  after?: readonly string[]
  /**
   * What no single argument shows.
   * @param written  which tag was written, by its group
   * @returns a sentence
   */
  refuse?(tags: Readonly<ReadTags>, written: ReadonlyMap<string, string>): string | undefined
}

export type Table = Readonly<Record<string, Row>>
