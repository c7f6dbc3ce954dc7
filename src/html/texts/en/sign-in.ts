export const signIn = {
  title: 'Sign in',
  token: 'Token',
  hint: 'Asked for once: you stay signed in for some hours, until you sign out or close the browser.',
  submit: 'Sign in',
  signOut: 'Sign out',
  signedInAs: 'Signed in as {{name}}',
  missing: 'Fill in the token.',
  wrong: 'The token does not match.',
  seeStatus: 'Sign in to see its message and results',
  seeLog: 'Sign in to see its log',
  seeMessages: 'Sign in to see the messages and results of all jobs',
  toBeKnown: 'Sign in to be known',
  execute: 'Sign in to execute it',
  heldBack: 'Another site led you here, so it is not looked at whether you are signed in.',
  goOn: 'Go on as who you are',
  with: 'Sign in with {{title}}',
  leadsOn: 'You are being led on',
  go: 'Go on, where that does not happen by itself',
  oidc: {
    refused: '{{title}} did not let you in, or you refused. Nothing has changed; you can try again.',
    unknown:
      'This sign-in was not begun in this browser, has ended already, or took longer than ten minutes. Begin again.',
    away: '{{title}} does not answer now. Try again later.',
    failed:
      'What {{title}} answered could not be used. Try again; where that does not help, tell whoever runs this server: its log says why.',
  },
};
