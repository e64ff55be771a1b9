import { html } from 'hono/html'
import { icon, type IconName } from '../icons.ts'
import type { Language } from '../languages.ts'
import { publicPage, wayIn, type Markup } from '../layout.ts'
import { sayIn } from '../texts.ts'

/** What the program does today, each with the way to check it. */
const promises = ['sealed', 'accepted', 'origin', 'cookie', 'pictures', 'sessions'] as const

/** What is kept of somebody who has an account here, and in which form. */
const kept = [
  'letters',
  'names',
  'index',
  'address',
  'external',
  'password',
  'sessions',
  'attempts',
  'structure',
  'log',
] as const

const limits: { name: 'key' | 'way' | 'today'; sign: IconName }[] = [
  { name: 'key', sign: 'key-round' },
  { name: 'way', sign: 'route' },
  { name: 'today', sign: 'mail' },
]

/**
 * What this server is, for those who sign in here and for those who wonder.
 * @param host  the server's own name
 * @param isOpen  whether strangers may open an account
 */
export function homePage(language: Language, host: string, isSignedIn: boolean, isOpen: boolean): Markup {
  const say = sayIn(language)
  const head = { language, title: say('home.title'), description: say('home.description', { host }), place: '' }
  return publicPage(
    head,
    isSignedIn,
    html`<section class="hero">
        <div class="flow-l">
          <h1>${say('home.heading')}</h1>
          <p class="lead">${say('home.lead', { host })}</p>
          <p class="ways">
            ${wayIn(language, isSignedIn, 'btn primary big')}
            ${isOpen && !isSignedIn ? html`<a class="btn big" href="/${language}/sign-up">${say('signUp.title')}</a>` : ''}
          </p>
          <p class="small dim">${say(isSignedIn ? 'home.signedIn' : isOpen ? 'home.open' : 'home.accounts')}</p>
        </div>
        <section class="ledger" aria-labelledby="promises">
          <header>
            ${icon('lock')}
            <h2 id="promises">${say('promises.heading')}</h2>
          </header>
          <ul>
            ${promises.map(
              (name) =>
                html`<li>
                  <details name="promise">
                    <summary>
                      <span class="cl">${say(`promises.${name}`)}</span>${icon('chevron-down', 'i chev')}
                    </summary>
                    <p>${say(`promises.${name}.proof`)}</p>
                  </details>
                </li>`,
            )}
          </ul>
        </section>
      </section>
      <section class="band" aria-labelledby="kept">
        <h2 id="kept">${say('kept.heading')}</h2>
        <table class="kept">
          <thead>
            <tr>
              <th scope="col">${say('kept.what')}</th>
              <th scope="col">${say('kept.form')}</th>
            </tr>
          </thead>
          <tbody>
            ${kept.map(
              (name) =>
                html`<tr>
                  <th scope="row">${say(`kept.${name}`)}<small>${say(`kept.${name}.purpose`)}</small></th>
                  <td>${say(`kept.${name}.form`)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </section>
      <section class="band" aria-labelledby="limits">
        <h2 id="limits">${say('limits.heading')}</h2>
        <div class="trio">
          ${limits.map(
            ({ name, sign }) =>
              html`<div>
                ${icon(sign, 'i l')}
                <h3>${say(`limits.${name}`)}</h3>
                <p>${say(`limits.${name}.text`)}</p>
              </div>`,
          )}
        </div>
      </section>`,
  )
}
