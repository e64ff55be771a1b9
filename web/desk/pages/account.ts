import { html } from 'hono/html'
import type { StaffRole } from '../../../policy/index.ts'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import { SHOWN } from '../../../trust/looks/index.ts'
import { choiceField, faultNote, faultOf, textField, type Declined } from '../form.ts'
import { foundList } from '../found.ts'
import { deskPage, type Markup } from '../layout.ts'
import { isTextKey, sayIn } from '../texts.ts'

/** Who looks at accounts by their address, and for what; customer service looks by its tickets. */
const PURPOSES = [
  { role: 'abuse', purpose: 'checks' },
  { role: 'finance', purpose: 'payments' },
] as const satisfies readonly { role: StaffRole; purpose: keyof typeof SHOWN }[]

/** A look at an account: purpose and reference first, then what the purpose shows. */
export const accountPage: DeskPage = {
  path: '/account',
  async show(visit) {
    // Who is signed in decides what can be chosen.
    await visit.ask('own.read')
    return page(visit)
  },
  async take(visit) {
    const purpose = visit.field('purpose')
    const found = await visit.attempt<Record<string, unknown>>('account.look', {
      address: visit.field('address'),
      purpose,
      reference: visit.field('reference'),
      fields: visit.fields('fields'),
    })
    return page(visit, found.refused === undefined ? { found: found.told } : { declined: found })
  },
}

function page(visit: Visit, news: { found?: Record<string, unknown>; declined?: Declined } = {}): Markup {
  const { language, field } = visit
  const say = sayIn(language)
  const signed = visit.signed()
  const purposes = PURPOSES.filter(({ role }) => signed?.roles.includes(role) === true)
  const shown = [...new Set(purposes.flatMap(({ purpose }) => SHOWN[purpose].always as readonly string[]))]
  return deskPage(
    { language, title: say('look.title'), path: '/account' },
    signed,
    html`<div class="staff-page narrow flow-l">
      <h1>${say('look.title')}</h1>
      <p class="dim">${say('look.lead')}</p>
      ${faultNote(news.declined && faultOf('look', news.declined, language, say))}
      ${news.found === undefined ? '' : foundList(news.found, language)}
      <form class="flow staff-box" method="post" action="/${language}/account">
        ${textField({ name: 'address', label: say('look.address'), value: field('address'), maxlength: 254 })}
        ${choiceField(
          'purpose',
          say('look.purpose'),
          purposes.map(({ purpose }) => [purpose, say(`look.purpose.${purpose}`)]),
        )}
        ${textField({ name: 'reference', label: say('look.reference'), hint: say('look.reference.hint'), value: field('reference'), maxlength: 100 })}
        <fieldset class="flow-s">
          <legend>${say('look.fields')}</legend>
          ${shown.map((name) => {
            const key = `field.${name}`
            return html`<label class="check"
              ><input type="checkbox" name="fields" value="${name}" /><span
                >${isTextKey(key) ? say(key) : name}</span
              ></label
            >`
          })}
        </fieldset>
        <button class="btn primary">${say('look.begin')}</button>
      </form>
    </div>`,
  )
}
