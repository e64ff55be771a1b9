import type { DeskPages } from '../../protocols/desk/index.ts'
import { visitorLanguage } from '../site/languages.ts'
import { assets } from './assets.ts'
import { abusePages } from './pages/abuse.ts'
import { accountPage } from './pages/account.ts'
import { agreementPage } from './pages/agreement.ts'
import { caseIntakePage } from './pages/case-intake.ts'
import { caseListPage } from './pages/case-list.ts'
import { casePage } from './pages/case.ts'
import { domainPages } from './pages/domains.ts'
import { enrolPage } from './pages/enrol.ts'
import { healthPage } from './pages/health.ts'
import { homePage } from './pages/home.ts'
import { ownPages } from './pages/own.ts'
import { reportsPage } from './pages/reports.ts'
import { signInPages } from './pages/sign-in.ts'
import { ticketPages } from './pages/tickets.ts'
import { troublePage } from './pages/trouble.ts'

/** Everything that the staff can open. */
export const deskPages: DeskPages = {
  pages: [
    ...signInPages,
    enrolPage,
    agreementPage,
    homePage,
    ...ownPages,
    healthPage,
    reportsPage,
    ...domainPages,
    ...ticketPages,
    accountPage,
    ...abusePages,
    caseListPage,
    caseIntakePage,
    casePage,
  ],
  assets,
  trouble: troublePage,
  languageOf: visitorLanguage,
}
