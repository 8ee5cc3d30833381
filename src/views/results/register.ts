import * as vscode from 'vscode';
import { recordTelemetry } from '../../core/many';
import type { Needs } from '../context';
import { ResultsView } from './resultsView';

/** Registers the Results view, measurements of boards, and jobs that wait for boards. */
export function registerResults(
  context: Needs<'extension' | 'log' | 'fleet' | 'uris' | 'origins' | 'brokers' | 'runs' | 'many'>,
): vscode.Disposable {
  context.many.start();
  return vscode.Disposable.from(
    new ResultsView(context),
    recordTelemetry(context.brokers.hub, context.many.telemetry),
  );
}
