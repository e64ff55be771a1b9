import { html } from 'hono/html'
import type { ShownDay } from '../../../trust/domain-reports/index.ts'
import type { Language } from '../../site/languages.ts'
import { numberInWords } from '../../site/texts.ts'
import type { Markup } from '../layout.ts'
import { dayInWords, type Say } from '../texts.ts'

const WIDTH = 720
const HEIGHT = 160

/** More would be thinner than a line. */
const MOST_BARS = 60

/** A bar for each day, or for as many days as it takes: what passed, and above it what failed. No style: the page allows none in line. */
export function passedAndFailed(byDay: readonly ShownDay[], language: Language, title: string, say: Say): Markup {
  const bars = together(byDay, Math.ceil(byDay.length / MOST_BARS))
  const most = Math.max(1, ...bars.map(({ passed, failed }) => passed + failed))
  const step = WIDTH / bars.length
  const width = Math.max(2, Math.min(40, step * 0.7))
  /** What is not nothing is seen. */
  const height = (value: number): number => (value === 0 ? 0 : Math.max(2, Math.round((HEIGHT - 2) * (value / most))))
  const [first, last] = [bars[0], byDay.at(-1)]
  // What is written stands beside the picture, which grows and shrinks with the page.
  return html`<div class="drawn wide">
    <p class="small dim" aria-hidden="true">${say('reports.most', { count: numberInWords(language, most) })}</p>
    <svg
      class="bars"
      viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}"
      preserveAspectRatio="none"
      role="img"
      aria-label="${title}"
    >
      <path class="base" d="M0 ${String(HEIGHT)}H${String(WIDTH)}" />
      ${bars.map(({ passed, failed }, i) => {
        const x = String(Math.round((step * i + (step - width) / 2) * 10) / 10)
        const [whole, above] = [height(passed), height(failed)]
        return html`${whole === 0 ? '' : bar('passed', x, HEIGHT - whole, width, whole)}
        ${above === 0 ? '' : bar('failed', x, HEIGHT - whole - above, width, above)}`
      })}
    </svg>
    <p class="hstack small dim" aria-hidden="true">
      <span>${first === undefined ? '' : dayInWords(language, first.day)}</span>
      <span class="end">${last === undefined ? '' : dayInWords(language, last.day)}</span>
    </p>
    <p class="small dim legend" aria-hidden="true">
      <span class="passed">${say('reports.column.passed')}</span
      ><span class="failed">${say('reports.column.failed')}</span>
    </p>
    <details class="other-way">
      <summary>${say('reports.byDay')}</summary>
      <div class="card">
        <table class="table mid">
          <caption class="staff-caption">
            ${title}
          </caption>
          <thead>
            <tr>
              <th scope="col">${say('reports.column.day')}</th>
              <th scope="col" class="num">${say('reports.column.passed')}</th>
              <th scope="col" class="num">${say('reports.column.failed')}</th>
            </tr>
          </thead>
          <tbody>
            ${byDay
              .filter(({ passed, failed }) => passed + failed > 0)
              .map(
                ({ day, passed, failed }) =>
                  html`<tr>
                    <th scope="row">${dayInWords(language, day)}</th>
                    <td class="num">${numberInWords(language, passed)}</td>
                    <td class="num">${numberInWords(language, failed)}</td>
                  </tr>`,
              )}
          </tbody>
        </table>
      </div>
    </details>
  </div>`
}

const bar = (kind: 'passed' | 'failed', x: string, y: number, width: number, height: number): Markup =>
  html`<rect class="${kind}" x="${x}" y="${String(y)}" width="${String(width)}" height="${String(height)}" />`

function together(byDay: readonly ShownDay[], size: number): ShownDay[] {
  const bars: ShownDay[] = []
  for (let at = 0; at < byDay.length; at += size) {
    const days = byDay.slice(at, at + size)
    const sum = (of: 'passed' | 'failed'): number => days.reduce((total, day) => total + day[of], 0)
    bars.push({ day: days[0]?.day ?? '', passed: sum('passed'), failed: sum('failed') })
  }
  return bars
}
