import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { noteReport, listReports } from '#mail/reports'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { RULES } from './rules.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

test('what people complained about is forgotten after 30 days', async (t) => {
  const pass = clockAtNoon(t)
  const { id } = await addPerson(storage, { isOperator: true })
  const report = [
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
    '',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    'Feedback-Type: abuse',
    '--b--',
    '',
  ].join('\r\n')
  await noteReport(storage, Buffer.from(report), [id])
  const destroy = RULES.find(({ name }) => name === 'feedbackReports')?.destroy
  assert.ok(destroy)
  pass(29.9 * 86_400)
  assert.equal(await destroy(storage, config), 0)
  assert.equal((await listReports(storage)).length, 1)
  pass(0.2 * 86_400)
  assert.equal(await destroy(storage, config), 1)
  assert.deepEqual(await listReports(storage), [])
})
