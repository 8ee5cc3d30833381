import * as vscode from 'vscode';
import { recordTelemetry } from '../../core/many/recordTelemetry';
import type { ViewContext } from '../context';
import { ResultsView } from './resultsView';

/** The Results view, what boards measure of themselves, and the jobs that wait for their boards. */
export function registerResults(context: ViewContext): vscode.Disposable {
  context.many.start();
  return vscode.Disposable.from(
    new ResultsView(context),
    recordTelemetry(context.brokers.hub, context.many.telemetry),
  );
}
