/** What the staff can do: acts that the app's part performs on the desk's recorded request. */
export { act, type Act, type AnyAct, type Desk, type Staff } from './act.ts'
