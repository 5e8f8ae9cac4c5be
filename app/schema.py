"""Every table of the service, for Alembic and the tests."""

from app.billing import models as billing_models
from app.campaigns import models as campaign_models
from app.cancellation import declarations
from app.cancellation import models as cancellation_models
from app.cases import models as case_models
from app.contacts import models as contact_models
from app.core import acts, auth, gates, marks, testclock
from app.core.db import Base
from app.dunning import models as dunning_models
from app.experiments import models as experiment_models
from app.expiring import models as expiring_models
from app.feedback import models as feedback_models
from app.hooks import models as hook_models
from app.inbound import models as inbound_models
from app.offers import models as offer_models
from app.outbox import models as outbox_models
from app.privacy import models as privacy_models
from app.proof import models as proof_models
from app.stats import names
from app.stats.rollups import registry
from app.winback import models as winback_models

TABLES = (
    acts,
    auth,
    billing_models,
    campaign_models,
    cancellation_models,
    case_models,
    contact_models,
    declarations,
    dunning_models,
    expiring_models,
    experiment_models,
    feedback_models,
    gates,
    hook_models,
    inbound_models,
    marks,
    names,
    offer_models,
    outbox_models,
    privacy_models,
    proof_models,
    registry,
    testclock,
    winback_models,
)
metadata = Base.metadata
