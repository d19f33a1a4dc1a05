// What `pretext evaluate` does; filled in below.
export interface EvaluateActionOptions { readonly run: string; readonly backend: string; readonly signal: AbortSignal; readonly onProgress?: (what: string) => void }
export function evaluateAction(options: EvaluateActionOptions): Promise<unknown> { return Promise.resolve(options.run && undefined); }
