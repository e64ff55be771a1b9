import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mentionsAttachment } from './forgotten.ts'

const saying = [
  'Den Plan habe ich angehängt.',
  'Anbei die Rechnung',
  'Im Anhang finden Sie alles.',
  'Der Vertrag ist beigefügt.',
  'Als Anlage sende ich das Protokoll.',
  'Vous trouverez le plan en pièce jointe.',
  'Ci-joint la facture.',
  'Je vous joins le contrat.',
  'In bijlage vindt u de factuur.',
  'Het plan is bijgevoegd.',
  'Please find attached the plan.',
  'The plan is in the attachment.',
]
for (const text of saying) test(`"${text}" says that something is attached`, () => assert.ok(mentionsAttachment(text)))

const silent = [
  'Wir hängen die Wäsche auf.',
  'Die neue Anlage läuft.',
  'Je suis là lundi.',
  'De bijeenkomst is maandag.',
  'I am fond of this house.',
  '',
]
for (const text of silent) test(`"${text}" does not`, () => assert.ok(!mentionsAttachment(text)))

test('a text of ten megabytes is looked at from both ends', () => {
  assert.ok(mentionsAttachment(`${'wort '.repeat(2_000_000)} anbei`))
})
