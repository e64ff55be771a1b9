import { readdirSync, readFileSync } from 'node:fs'
import { parseMessage } from '#formats/message'
import { parseScript } from '#formats/sieve'
import { runScript } from '#mail/filing'
import { situationOf } from '../test/filing.ts'
import type { BenchOptions } from './run.ts'
import { percentile } from './percentile.ts'

const DATA = new URL('../../shared/data/mail-spamassassin/easy-ham-2/', import.meta.url)
const RULES = 200
const LETTERS = 1000

/** What people's rules ask, each with other words: none holds, so that all are asked. */
const KINDS: readonly ((rule: number) => string)[] = [
  (rule) => `header :contains "subject" ["invoice ${rule}", "rechnung ${rule}"]`,
  (rule) => `address :is "from" "sender-${rule}@example.org"`,
  (rule) => `address :domain :is ["to", "cc"] ["list-${rule}.example.org", "news-${rule}.example.com"]`,
  (rule) => `header :contains "list-id" "<list-${rule}.example.org>"`,
  (rule) => `header :matches "subject" "[*${rule}*] *"`,
  (rule) => `allof (header :contains "from" "shop ${rule}", not header :contains "subject" "order")`,
  (rule) =>
    `anyof (exists "x-mailer-${rule}", size :over ${rule + 1}M, envelope :is "from" "bounce-${rule}@example.org")`,
  (rule) => `header :is "x-priority" ["${rule + 10}", "urgent ${rule}"]`,
]

const VARIANTS: Readonly<Record<string, { requires: string; kinds: readonly ((rule: number) => string)[] }>> = {
  'header, address, envelope': { requires: '"fileinto", "envelope"', kinds: KINDS },
  'and every tenth a regular expression': {
    requires: '"fileinto", "envelope", "regex"',
    kinds: [...KINDS, (rule) => `header :regex "subject" "(ticket|case) #?${rule}[0-9]+"`],
  },
  'and every ninth the body': {
    requires: '"fileinto", "envelope", "body"',
    kinds: [...KINDS, (rule) => `body :text :contains "unsubscribe from list ${rule}"`],
  },
}

/** A script of 200 rules on ordinary letters: milliseconds of the processor a letter, once it is parsed. */
export async function sieve({ count = LETTERS, rounds }: BenchOptions): Promise<string[]> {
  const messages = readdirSync(DATA)
    .slice(0, count)
    .map((file) => parseMessage(readFileSync(new URL(file, DATA))))
  const lines: string[] = []
  for (const [name, { requires, kinds }] of Object.entries(VARIANTS)) {
    const rules = Array.from(
      { length: RULES },
      (_, rule) => `if ${kinds[rule % kinds.length]?.(rule)} { fileinto "F${rule}"; stop; }`,
    )
    const text = `require [${requires}];\n${rules.join('\n')}`
    const parsedAt = performance.now()
    const script = parseScript(text)
    const parseMs = performance.now() - parsedAt
    const means: number[] = []
    const each: number[] = []
    for (let round = 0; round < rounds; round++) {
      const before = process.cpuUsage()
      for (const message of messages) {
        const startedAt = performance.now()
        const { fault, actions } = await runScript(script, { ...situationOf(''), message })
        each.push(performance.now() - startedAt)
        if (fault !== undefined || actions[0]?.kind !== 'keep')
          throw new Error(`not every rule was asked: ${fault?.reason}`)
      }
      const { user, system } = process.cpuUsage(before)
      means.push((user + system) / 1000 / messages.length)
    }
    lines.push(
      `${RULES} rules (${name}), ${messages.length} letters: ${percentile(means, 50).toFixed(2)} ms CPU a letter, ` +
        `p50 ${percentile(each, 50).toFixed(2)} ms, p99 ${percentile(each, 99).toFixed(2)} ms; the script was parsed in ${parseMs.toFixed(1)} ms`,
    )
  }
  return lines
}
