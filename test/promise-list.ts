/** A reporter for Node's test runner: after the run, each promise of the design with what became of its tests. */
import type { TestEvent } from 'node:test/reporters'
import { promised, promiseNumbers } from './promises.ts'

export default async function* promiseList(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const outcomes = new Map<string, boolean[]>()
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.name.startsWith('Promise '))
      outcomes.set(data.name, [...(outcomes.get(data.name) ?? []), type === 'test:pass'])
  }
  yield '\nThe promises, by the tests that carry their names:\n'
  for (const number of promiseNumbers) yield `${line(promised(number), outcomes.get(promised(number)) ?? [])}\n`
}

function line(name: string, outcomes: readonly boolean[]): string {
  if (outcomes.length === 0) return `  to come  ${name}`
  return `  ${outcomes.every(Boolean) ? 'kept    ' : 'BROKEN  '} ${name}`
}
