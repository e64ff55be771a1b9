import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig } from './config.ts'

const complaintsAbout = (settings: object): string[] => {
  const checked = checkConfig({ hostname: 'zegel.example', ...settings })
  return 'complaints' in checked ? checked.complaints.map(({ setting }) => setting) : []
}

test('the journal is kept for 30 days, or fewer, and a setting that breaks that promise is refused', () => {
  const checked = checkConfig({ hostname: 'zegel.example' })
  assert.ok('settings' in checked)
  assert.equal(checked.settings.journal.days, 30)
  for (const days of [1, 30]) assert.deepEqual(complaintsAbout({ journal: { days } }), [], `${days}`)
  for (const days of [0, -1, 0.5, 31, 45, 46, '30', null])
    assert.deepEqual(complaintsAbout({ journal: { days } }), ['journal.days'], `${days}`)
})
