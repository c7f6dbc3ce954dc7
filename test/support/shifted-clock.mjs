// Loaded into a server under test (`node --import`): its wall clock is wrong by so many seconds of CLOCK_SHIFTS (separated by commas), and jumps to the next of them with each SIGUSR2.
const shifts = (process.env.CLOCK_SHIFTS ?? '0').split(',').map((seconds) => Number(seconds) * 1000);
const RealDate = Date;
const now = RealDate.now;
let shift = 0;

RealDate.now = () => now() + shift;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, parts, derived) =>
    Reflect.construct(target, parts.length === 0 ? [target.now()] : parts, derived),
  apply: (target) => new target(target.now()).toString(),
});

function jump() {
  shift = shifts.shift() ?? shift;
  console.error(`clock wrong by ${shift / 1000} s`);
}
process.on('SIGUSR2', jump);
jump();
