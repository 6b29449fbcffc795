//! What a figure of a resource is read from: the entry under load, unless another phase is asked for.

use crate::model::metric::ResourceStatistic;
use crate::model::{MetricId, Resource, ResourcePhase, Run, Unit};
use crate::report::{Measured, Support};

/// The entry of a component and name; without a phase the one under load, or the one whose samples tell no phase.
pub(crate) fn entry<'a>(
    run: &'a Run,
    component: &str,
    name: &str,
    phase: Option<ResourcePhase>,
) -> Option<&'a Resource> {
    let of = |wanted: Option<ResourcePhase>| {
        run.resources.iter().find(|resource| {
            resource.component == component && resource.name == name && resource.phase == wanted
        })
    };
    match phase {
        Some(phase) => of(Some(phase)),
        None => of(Some(ResourcePhase::Load)).or_else(|| of(None)),
    }
}

/// Whether there are samples of it in any phase.
pub(crate) fn is_known(run: &Run, component: &str, name: &str) -> bool {
    run.resources
        .iter()
        .any(|resource| resource.component == component && resource.name == name)
}

/// One statistic of an entry, with its samples.
pub(crate) fn measured(resource: &Resource, statistic: ResourceStatistic) -> Option<Measured> {
    let value = match statistic {
        ResourceStatistic::Max => resource.max,
        ResourceStatistic::Mean => resource.mean,
        ResourceStatistic::Slope => resource.slope_per_s,
        ResourceStatistic::Last => resource.last,
    };
    Some(Measured {
        value: value.filter(|value| value.is_finite())?,
        n: Some(resource.samples),
        interval: None,
        support: Support::Ok,
    })
}

/// The unit of a figure of this run: that of the registry, and bytes where a resource is given in bytes.
pub(crate) fn unit(run: &Run, metric: &MetricId) -> Unit {
    let MetricId::Resource(component, name, statistic) = metric else {
        return metric.unit();
    };
    let mut resources = run.resources.iter();
    let is_bytes = resources.any(|resource| {
        resource.component == *component
            && resource.name == *name
            && resource.unit.as_deref() == Some("B")
    });
    match statistic {
        // Bytes per second have no unit of their own.
        ResourceStatistic::Slope => Unit::AsGiven,
        _ if is_bytes => Unit::Bytes,
        _ => metric.unit(),
    }
}
