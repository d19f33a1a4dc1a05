// The options of tokens and TLS: what a coordinator asks for, and what the others show. Loads nothing but commander. Others on a machine can
// see arguments; variables and files they cannot.

import { type Command, Option } from 'commander';

/** What a command shows the coordinator. */
export interface CredentialFlags extends TlsFlags {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly operatorToken?: string;
  readonly operatorTokenFile?: string;
  readonly viewerToken?: string;
  readonly viewerTokenFile?: string;
}

export interface TlsFlags {
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** What a coordinator asks for. */
export interface SecretFlags extends Omit<CredentialFlags, 'tlsCa'> {
  readonly tlsClientCa?: string;
}

function variableOption(flags: string, what: string, variable: string): Option {
  return new Option(flags, what).env(`PRETEXT_${variable}`);
}

/** `name` is empty for the token that has no other name. */
function addTokenOptions(command: Command, name: '' | 'operator' | 'viewer', what: string): Command {
  const [flag, variable] = name === '' ? ['token', 'TOKEN'] : [`${name}-token`, `${name.toUpperCase()}_TOKEN`];
  return command
    .addOption(variableOption(`--${flag} <token>`, what, variable))
    .addOption(variableOption(`--${flag}-file <file>`, 'a file that has it, read again when it changes', `${variable}_FILE`));
}

/** A token on the command line goes before variables of other names: those may be meant for another coordinator. */
function preferFlags(command: Command): void {
  const nameOf = (option: Option): string => option.name().replace(/-file$/, '');
  const tokens = command.options.filter((option) => nameOf(option).endsWith('token'));
  for (const option of tokens) {
    command.on(`optionEnv:${option.name()}`, () => {
      const isNamed = tokens.some((other) => nameOf(other) !== nameOf(option) && command.getOptionValueSource(other.attributeName()) === 'cli');
      if (isNamed) command.setOptionValue(option.attributeName(), undefined);
    });
  }
}

/** For a command that talks to a coordinator as a worker, an operator or a viewer. */
export function addCredentialOptions(command: Command, role: 'worker' | 'operator' | 'viewer'): Command {
  addTokenOptions(command, '', 'secret that the coordinator asks for');
  if (role === 'viewer') addTokenOptions(command, role, "the viewer's, where it has one of its own");
  if (role !== 'worker') addTokenOptions(command, 'operator', role === 'operator' ? "the operator's, where it has one of its own" : "the operator's, which opens this too");
  preferFlags(command);
  return command
    .addOption(variableOption('--tls-ca <file>', 'authorities that may sign the coordinator\'s certificate (PEM)', 'TLS_CA'))
    .addOption(variableOption('--tls-cert <file>', 'certificate to show, where the coordinator asks for one', 'TLS_CERT'))
    .addOption(variableOption('--tls-key <file>', 'key of that certificate', 'TLS_KEY'));
}

/** For the coordinator. */
export function addSecretOptions(command: Command): Command {
  addTokenOptions(command, '', 'secret that workers show; it opens status and logs too, and operating where operators have no token of their own');
  addTokenOptions(command, 'operator', 'secret that opens operating, status and logs');
  addTokenOptions(command, 'viewer', 'secret that only opens status and logs');
  return command
    .addOption(variableOption('--tls-cert <file>', 'certificate to speak TLS with (PEM), read again when it changes', 'TLS_CERT'))
    .addOption(variableOption('--tls-key <file>', 'its key', 'TLS_KEY'))
    .addOption(variableOption('--tls-client-ca <file>', 'ask clients for a certificate that one of these authorities has signed', 'TLS_CLIENT_CA'));
}
