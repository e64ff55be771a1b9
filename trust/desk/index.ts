/**
 * What the staff can do: acts that the app's part performs on the desk's recorded request, and how the desk asks for them. Writes
 * the tables desk_door and desk_request.
 */
export { act, type Act, type AnyAct, type Desk, type Staff } from './act.ts'
export { startAnswering } from './answer.ts'
export { DeskRefusal, openDeskDoor, type DeskDoor, type Told } from './ask.ts'
export { readHealth, type Health } from './health.ts'
export type { Signed } from './question.ts'
