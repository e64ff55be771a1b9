/**
 * HTTP and HTTPS: who asks and under which name, signing in and out, the app's files, and what browsers are told.
 * JMAP (`#protocols/jmap`) and the public pages are mounted here.
 */
export { startHttp, type HttpOptions, type RunningHttp, type Address } from './start.ts'
export type { SiteContext } from './app.ts'
export { openArrivals } from './arrival.ts'
export { headersFor } from './headers.ts'
export type {
  AddressStep,
  CodeStep,
  FactorView,
  FormPage,
  ListView,
  RecoveryView,
  ReopenView,
  ResetView,
  SignUpView,
} from './forms.ts'
